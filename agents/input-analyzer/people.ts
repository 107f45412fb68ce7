/** How people write numbers of people: patterns that several rules share. */

/** A pattern for any of the words; an underscore stands for the space within a phrase. */
export const oneOf = (...words: string[]): string =>
  `(?:${words.join(' ').replaceAll(' ', '|').replaceAll('_', '\\s')})`

const children = 'kids? children child toddlers? teens? teenagers? boys girls'
const anybody = 'guests? people persons? attendees? visitors? invitees? friends classmates students folks heads'
export const person = `${oneOf(anybody, children, 'adults? grown-?ups?')}(?!\\w)`
// What may stand between a number and its guests: one adjective, but nothing that makes the number something else.
const noAdjective = oneOf('per an? each of or and for to years? yrs? tiers? dollars? bucks hours? days? minutes?')
export const adjective = `(?:(?!${noAdjective}\\b|year-)[a-z][a-z-]* )?`
// Bounded, or a long row of digits would be read again from each of its commas.
export const count = '\\d[\\d,]{0,20}'

// A bare number counts guests only where the thought ends, or "for 3 hours" would be a tiny party.
const nextThought = oneOf('and at in on with to or but please outside under near this next downtown outdoors? indoors?')
export const thoughtEnds = `(?=$|[,;!?)\\n~]|\\.(?!\\d)| (?:~|${nextThought}(?!\\w)))`

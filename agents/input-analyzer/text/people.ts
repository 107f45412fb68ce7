/** Patterns for numbers of people, which several rules share. */

/** A pattern for any of the words; an underscore stands for the space within a phrase. */
export const oneOf = (...words: string[]): string =>
  `(?:${words.join(' ').replaceAll(' ', '|').replaceAll('_', '\\s')})`

const children = 'kids? kiddos? children child toddlers? babies baby infants? teens? teenagers? boys girls'
const grownUps =
  'adults? grown-?ups? ladies women men gentlemen guys gals parents? moms? mums? dads? mothers fathers ' +
  'grandparents? cousins? siblings? sisters? brothers? aunts? uncles? nephews? nieces? chaperones? teachers? ' +
  'relatives? family_members? couples? pairs?'
const anybody =
  'guests? people ppl persons? pax attendees? visitors? invitees? friends? buddies classmates? students? pupils ' +
  'colleagues? coworkers? co-workers? neighbou?rs? folks? heads'
export const person = `${oneOf(anybody, children, grownUps)}(?!\\w)`
// What may stand between a number and its guests: one adjective, but no word that gives the number another meaning.
const noAdjective = oneOf('per an? each of or and for to years? yrs? tiers? dollars? bucks hours? days? minutes?')
export const adjective = `(?:(?!${noAdjective}\\b|year-)[a-z][a-z-]* )?`
// The length is bounded. Otherwise a long row of digits would be read again from each of its commas.
export const count = '\\d(?:[\\d,]{0,19}\\d)?'

// A number alone counts guests only at the end of a clause. Otherwise "for 3 hours" would be 3 guests.
const nextThought = oneOf('and at in on with to or but please outside under near this next downtown outdoors? indoors?')
export const thoughtEnds = `(?=$|[,;!?)\\n~]|\\.(?!\\d)| (?:~|${nextThought}(?!\\w)))`

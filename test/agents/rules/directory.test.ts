import { describe, expect, it } from 'vitest'
import { builtInDirectory, checkedDirectory } from '../../../agents/party/directory.ts'

const named = async (list: Promise<readonly { name: string }[]>, name: string) =>
  (await list).find(entry => entry.name === name)

describe('the built-in directory', () => {
  it.each([
    [
      'Sunshine Garden Park',
      { capacity: 100, pricePerDay: 0, pricePerHour: 0, rating: 4.7, area: 'downtown', setting: 'outdoor' },
    ],
    ['Crystal Ballroom', { capacity: 200, pricePerDay: 1500, pricePerHour: 200, rating: 4.9 }],
    ['Fun Zone Restaurant', { capacity: 60, pricePerDay: 400, pricePerHour: 50, rating: 4.5 }],
    ['Community Center Hall', { capacity: 120, pricePerDay: 300, pricePerHour: 40, rating: 4.3 }],
    ['Grand Hotel Conference Center', { capacity: 250, pricePerDay: 2000, pricePerHour: 250, rating: 4.8 }],
  ])('knows the venue %s', async (name, figures) => {
    expect(await named(builtInDirectory.venues(), name)).toMatchObject(figures)
  })

  it.each([
    ['Sweet Dreams Bakery', 80, 150, 300, 4.9, true],
    ['Cake Masters Studio', 100, 200, 400, 5, true],
    ['Budget Bites Bakery', 40, 70, 120, 4.3, false],
    ['Organic Treats Bakery', 90, 170, 320, 4.7, true],
    ['Classic Confections', 65, 130, 250, 4.6, true],
  ])('knows the bakery %s', async (name, small, medium, large, rating, custom) => {
    const bakery = await named(builtInDirectory.bakeries(), name)
    expect(bakery).toMatchObject({ prices: { small, medium, large }, rating, custom })
  })

  it.each([
    ['Kids Party Catering Co', 15, 4.7, ['gluten-free', 'vegetarian']],
    ['Fiesta Flavors Catering', 18, 4.8, ['gluten-free', 'vegan', 'vegetarian']],
    ['Healthy Bites Catering', 20, 4.6, ['gluten-free', 'nut-free', 'vegan', 'vegetarian']],
    ['BBQ Masters Catering', 22, 4.9, ['gluten-free']],
    ['Budget Buffet Catering', 12, 4.2, ['vegetarian']],
  ])('knows the caterer %s', async (name, pricePerPerson, rating, dietary) => {
    expect(await named(builtInDirectory.caterers(), name)).toMatchObject({ pricePerPerson, rating, dietary })
  })

  it.each([
    ['Magic Party Decorations', 'decorations', 500, 4.8],
    ['SuperHero Entertainment', 'entertainment', 350, 4.9],
    ['Picture Perfect Photography', 'photography', 600, 4.7],
    ['Party Rental Pro', 'rentals', 400, 4.6],
    ['Event Coordination Experts', 'planning', 800, 5],
  ])('knows the vendor %s', async (name, service, price, rating) => {
    expect(await named(builtInDirectory.vendors(), name)).toMatchObject({ service, price, rating })
  })

  it.each(['jungle', 'space', 'princess', 'superhero', 'unicorn', 'dinosaur', 'ocean', 'farm'])(
    'knows the theme %s',
    async name => {
      expect(await named(builtInDirectory.themes(), name)).toBeDefined()
    },
  )

  it('gives nothing once it is told to stop', async () => {
    await expect(builtInDirectory.venues(AbortSignal.abort())).rejects.toThrow('abort')
  })
})

describe("somebody else's directory", () => {
  const empty = { themes: () => [], venues: () => [], bakeries: () => [], caterers: () => [], vendors: () => [] }
  const vendor = { id: 'v', name: 'V', service: 'rentals', price: 1, rating: 4, themes: [] }

  it('is read through its own source, with the signal', async () => {
    const { signal } = new AbortController()
    const seen: unknown[] = []
    const source = async (given?: AbortSignal) => [seen.push(given), [vendor]][1]
    expect(await checkedDirectory({ ...empty, vendors: source }).vendors(signal)).toEqual([vendor])
    expect(seen).toEqual([signal])
  })

  it.each([
    ['a wrong field', [{ ...vendor, price: 'cheap' }], /vendors cannot be used(.|\n)*price/],
    ['an id that is there twice', [vendor, vendor], /"v" is there twice/],
    ['no list', undefined, /vendors cannot be used/],
  ])('is refused with the reason when it holds %s', async (_, list, reason) => {
    await expect(checkedDirectory({ ...empty, vendors: () => list }).vendors()).rejects.toThrow(reason)
  })
})

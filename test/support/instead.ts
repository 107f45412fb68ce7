/** Something that answers a few things in its own way, and leaves the rest to what it stands in for. */
export function instead<T extends object>(target: T, own: { readonly [K in keyof T]?: unknown }): T {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name)
      const value: unknown = Reflect.get(target, name, target)
      // Private fields are those of the target.
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

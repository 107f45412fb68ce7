/** A stand-in: it overrides a few members of an object, and leaves the others to the object. */
export function instead<T extends object>(target: T, own: { readonly [K in keyof T]?: unknown }): T {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name)
      const value: unknown = Reflect.get(target, name, target)
      // Private fields exist on the target only.
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

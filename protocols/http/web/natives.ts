/**
 * The runtime's own web types, which the globals of these names may no longer be: see `globals.ts`.
 *
 * @module
 */

/** The runtime's `Request`. */
export const NativeRequest = Request;

/** The runtime's `Response`. */
export const NativeResponse = Response;

/** The runtime's `Headers`. */
export const NativeHeaders = Headers;

/**
 * Puts a class between its objects and a native one: what it does not do itself, a native object does that
 * is made when it is needed. So `instanceof` holds, and what only one runtime has works as well.
 *
 * Deno and Node 20 keep what a native object is made of under symbols. As these are looked up here, too,
 * their own functions take the light objects for native ones.
 *
 * @param light The class.
 * @param native An object of the native class.
 * @param nativeOf Makes the native object of a light one, or returns the one that it has.
 */
export function standFor<Light extends object>(
  light: { readonly prototype: Light },
  native: object,
  nativeOf: (light: Light) => object,
): void {
  const prototype = Object.getPrototypeOf(native);
  Object.setPrototypeOf(light.prototype, prototype);
  for (const owner of [prototype, native]) {
    for (const key of Reflect.ownKeys(owner)) {
      const inherits = key in Object.prototype || key === Symbol.toStringTag;
      if (inherits || Object.hasOwn(light.prototype, key)) continue;
      Object.defineProperty(light.prototype, key, passedOn(owner, key, nativeOf));
    }
  }
}

/** A property whose value is the native object's. */
function passedOn<Light extends object>(
  owner: object,
  key: PropertyKey,
  nativeOf: (light: Light) => object,
): PropertyDescriptor {
  const { value, enumerable } = Object.getOwnPropertyDescriptor(owner, key)!;
  if (typeof value === "function") {
    return {
      configurable: true,
      enumerable,
      writable: true,
      value(this: Light, ...values: unknown[]): unknown {
        return Reflect.apply(value, nativeOf(this), values);
      },
    };
  }
  return {
    configurable: true,
    enumerable,
    get(this: Light): unknown {
      return Reflect.get(nativeOf(this), key);
    },
    set(this: Light, value: unknown): void {
      Reflect.set(nativeOf(this), key, value);
    },
  };
}

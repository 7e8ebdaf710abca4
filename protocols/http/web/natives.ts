/**
 * The runtime's own web types, because the globals may have been replaced: see `globals.ts`.
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
 * Makes a class delegate to native objects: what it does not implement, a native object does that
 * is created when needed. So `instanceof` works, and so do members of a single runtime.
 *
 * Deno and Node 20 store the parts of a native object under symbols. These are looked up here, too,
 * so that their own functions accept the light objects.
 *
 * @param light The class.
 * @param native An object of the native class.
 * @param nativeOf Creates the native object of a light one, or returns the existing one.
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

/** A property that returns the value of the native object. */
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

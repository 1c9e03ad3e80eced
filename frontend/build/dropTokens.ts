import type { Plugin } from "postcss"

/** Components of other design systems that the example theme also styles and that we never show. */
const unused = /^--(todo|denhaag|ams|rhc|lux|clippy|ma)-/

/** Leaves those design tokens out, which halves the theme file. */
export function dropTokens(): Plugin {
  return {
    postcssPlugin: "stadspraat-drop-tokens",
    Declaration(declaration) {
      if (unused.test(declaration.prop)) declaration.remove()
    },
  }
}

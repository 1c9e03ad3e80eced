import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Plugin } from "vite"

const virtualId = "virtual:icons"

/**
 * Serves `virtual:icons`: the drawings of the icons named in src/ui/iconNames.ts and no others.
 *
 * Reading them from one data file keeps an install small: the component packages of the same set
 * are over a hundred megabytes.
 */
export function icons(): Plugin {
  return {
    name: "stadspraat-icons",
    resolveId: (id) => (id === virtualId ? `\0${virtualId}` : undefined),
    load(id) {
      if (id !== `\0${virtualId}`) return
      const listFile = new URL("../src/ui/iconNames.ts", import.meta.url)
      this.addWatchFile(listFile.pathname)
      const wanted = [...readFileSync(listFile, "utf8").matchAll(/^\s*"?([\w-]+)"?: "([\w-]+)",/gm)]
      const dataFile = createRequire(import.meta.url).resolve("@iconify-json/tabler/icons.json")
      const set = JSON.parse(readFileSync(dataFile, "utf8")) as {
        icons: Record<string, { body: string } | undefined>
        aliases: Record<string, { parent: string } | undefined>
      }
      const bodies = wanted.map(([, name, drawing]) => {
        const icon = set.icons[drawing] ?? set.icons[set.aliases[drawing]?.parent ?? ""]
        if (!icon) this.error(`the icon set has no "${drawing}" (wanted for "${name}")`)
        return [name, icon.body]
      })
      return `export default ${JSON.stringify(Object.fromEntries(bodies))}`
    },
  }
}

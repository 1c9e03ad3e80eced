import { iconNames, type IconName } from "./iconNames"

const names: Record<string, string> = {
  mastodon: "Mastodon",
  bluesky: "Bluesky",
  x: "X",
  facebook: "Facebook",
  instagram: "Instagram",
  whatsapp: "WhatsApp",
  youtube: "YouTube",
  linkedin: "LinkedIn",
  telegram: "Telegram",
  rss: "RSS",
}

/** An unknown platform still gets an icon: adding one must not break a screen. */
export function platformIcon(platform: string): IconName {
  return platform in iconNames ? (platform as IconName) : "world"
}

/** A brand's own spelling, or undefined where the name is a word to translate. */
export function brandName(platform: string): string | undefined {
  return names[platform]
}

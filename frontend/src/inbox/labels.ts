import { iconNames, type IconName } from "@/ui/iconNames"

/** The icon of an intent or tenor; one the program does not know is "other". */
export function labelIcon(value: string): IconName {
  return value in iconNames ? (value as IconName) : "other"
}

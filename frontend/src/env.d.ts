declare module "virtual:icons" {
  import type { IconName } from "@/ui/iconNames"
  const bodies: Record<IconName, string>
  export default bodies
}

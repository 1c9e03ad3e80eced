import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router"
import type { Role } from "./api/types"
import type { IconName } from "./ui/iconNames"

export interface Place {
  name: "inbox" | "town" | "labels" | "import" | "sources" | "teams" | "people" | "audit" | "archive"
  path: string
  icon: IconName
  /** Who has business there; the server decides who may. */
  roles: Role[]
}

/** The pages of the desk, in the order of the rail. */
export const places: readonly Place[] = [
  {
    name: "inbox",
    path: "/inbox",
    icon: "inbox",
    roles: ["agent", "team_lead", "adviser", "archivist", "privacy_officer"],
  },
  { name: "town", path: "/town", icon: "town", roles: ["agent", "team_lead", "adviser"] },
  { name: "labels", path: "/labels", icon: "tag", roles: ["agent", "team_lead"] },
  {
    name: "import",
    path: "/import",
    icon: "import",
    roles: ["agent", "team_lead", "adviser"],
  },
  {
    name: "sources",
    path: "/sources",
    icon: "sources",
    roles: ["team_lead", "adviser", "administrator"],
  },
  { name: "teams", path: "/teams", icon: "teams", roles: ["team_lead", "administrator"] },
  { name: "people", path: "/people", icon: "people", roles: ["administrator"] },
  { name: "archive", path: "/archive", icon: "seal", roles: ["archivist", "privacy_officer"] },
  { name: "audit", path: "/audit", icon: "audit", roles: ["privacy_officer", "administrator"] },
]

export const placesFor = (roles: Role[]) =>
  places.filter((place) => place.roles.some((role) => roles.includes(role)))

const pages: Record<Place["name"], () => Promise<unknown>> = {
  inbox: () => import("./inbox/InboxPage.vue"),
  town: () => import("./town/TownPage.vue"),
  labels: () => import("./labelling/LabellingPage.vue"),
  import: () => import("./imports/ImportPage.vue"),
  sources: () => import("./sources/SourcesPage.vue"),
  teams: () => import("./organisation/OrganisationPage.vue"),
  people: () => import("./people/PeoplePage.vue"),
  audit: () => import("./audit/AuditPage.vue"),
  archive: () => import("./archive/ArchivePage.vue"),
}

export function createDeskRouter(roles: Role[]) {
  const routes = places.map((place) => ({
    name: place.name,
    path: place.name === "inbox" ? "/inbox/:caseId(\\d+)?" : place.path,
    component: pages[place.name],
  })) as RouteRecordRaw[]
  return createRouter({
    history: createWebHistory(),
    routes: [
      { path: "/", redirect: () => placesFor(roles)[0]?.path ?? "/inbox" },
      ...routes,
      { path: "/:rest(.*)*", name: "lost", component: () => import("./shell/LostPage.vue") },
    ],
  })
}

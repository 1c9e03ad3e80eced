import { QueryClient, VueQueryPlugin } from "@tanstack/vue-query"
import { createPinia } from "pinia"
import { createApp } from "vue"
import { getMe } from "./api/calls"
import { whenLoggedOut } from "./api/client"
import { keys } from "./api/keys"
import { Problem } from "./api/problem"
import App from "./App.vue"
import { createDrafts } from "./case/drafts"
import { draftsKey } from "./case/useDraft"
import { startTicking } from "./clock/now"
import { config } from "./config"
import { i18n, isLanguage, showLanguage } from "./i18n"
import { liveKey } from "./live"
import { createConnection, liveAddress } from "./live/connection"
import { createInvalidator } from "./live/invalidate"
import { createDeskRouter } from "./router"
import { watchHands } from "./shell/idle"
import { usePreferences } from "./shell/preferences"
import StartFailed from "./shell/StartFailed.vue"
import "./theme/desk.css"

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) =>
        failures < 2 && !(error instanceof Problem && error.status >= 400 && error.status < 500),
    },
  },
})

/** What was being written is kept on this computer, so leaving loses nothing. */
function goToLogin(): void {
  const here = location.pathname + location.search
  location.assign(`${config.loginUrl}?next=${encodeURIComponent(here)}`)
}

async function start(): Promise<void> {
  whenLoggedOut(goToLogin)
  const me = await client.fetchQuery({ queryKey: keys.me, queryFn: getMe, staleTime: Infinity })
  await showLanguage(isLanguage(me.language) ? me.language : "nl")

  const app = createApp(App)
  app.use(createPinia())
  usePreferences()

  const invalidator = createInvalidator(client)
  const live = createConnection({
    url: liveAddress(me.liveUrl, config.livePort, location),
    onEvent: invalidator.apply,
    onOpen: invalidator.everything,
    // Asking is enough: an ended session answers so, and that leads to the log-in page.
    onRefused: () => void getMe().catch(() => undefined),
  })
  const drafts = createDrafts(localStorage, me.id)
  drafts.forgetOld(Date.now())
  startTicking()
  watchHands(() => void getMe().catch(() => undefined))

  app.use(VueQueryPlugin, { queryClient: client })
  app.use(i18n)
  app.use(createDeskRouter(me.roles))
  app.provide(liveKey, live)
  app.provide(draftsKey, drafts)
  app.mount("#app")
}

start().catch((error: unknown) => {
  if (error instanceof Problem && error.loggedOut) return
  createApp(StartFailed, { error }).use(i18n).mount("#app")
})

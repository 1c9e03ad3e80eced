/** What the page itself tells the program, from its `#config` block; all of it may be left out. */
interface Config {
  loginUrl: string
  logoutUrl: string
  csrfCookie: string
  /** The websocket's port on this host, where the server names no whole address. */
  livePort: number | null
}

const defaults: Config = {
  loginUrl: "/accounts/login/",
  logoutUrl: "/accounts/logout/",
  csrfCookie: "csrftoken",
  livePort: null,
}

function readConfig(): Config {
  const text = document.getElementById("config")?.textContent?.trim()
  return { ...defaults, ...(text ? (JSON.parse(text) as Partial<Config>) : {}) }
}

export const config = readConfig()

import type { Messages } from ".."
import dossier from "./case"
import inbox from "./inbox"
import office from "./office"
import shell from "./shell"
import town from "./town"
import words from "./words"

const en: Messages = { ...shell, words, inbox, case: dossier, town, ...office }
export default en

import archive from "./archive"
import dossier from "./case"
import inbox from "./inbox"
import office from "./office"
import shell from "./shell"
import town from "./town"
import words from "./words"

export default { ...shell, words, inbox, case: dossier, town, archive, ...office }

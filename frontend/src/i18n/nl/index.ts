import archive from "./archive"
import dossier from "./case"
import inbox from "./inbox"
import labelling from "./labelling"
import office from "./office"
import shell from "./shell"
import teams from "./teams"
import town from "./town"
import words from "./words"

export default { ...shell, words, inbox, case: dossier, town, labelling, archive, teams, ...office }

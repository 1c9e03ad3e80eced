// Shows a chosen picture beside the text field. It is read here and goes nowhere.
const place = document.querySelector("[data-picture]")
const shown = place?.querySelector("[data-shown]")

if (place && shown) {
  place.hidden = false
  place.querySelector("input").addEventListener("change", (event) => {
    const [file] = event.target.files
    shown.hidden = true
    if (!file?.type.startsWith("image/")) return
    const reader = new FileReader()
    reader.addEventListener("load", () => {
      shown.src = reader.result
      shown.hidden = false
    })
    reader.readAsDataURL(file)
  })
}

// The pages in front of the desk work without this; it only saves typing and says what went wrong.
document.addEventListener("click", (event) => {
  const person = event.target.closest("[data-email]")
  if (!person) return
  document.getElementById("id_login").value = person.dataset.email
  const password = document.getElementById("id_password")
  password.value = person.dataset.password
  password.form.requestSubmit()
})

// allauth reports a refused or cancelled passkey as an event, and otherwise only in the console.
document.addEventListener("allauth.error", (event) => {
  const problem = document.getElementById("passkey-problem")
  if (!problem) return
  event.preventDefault()
  problem.hidden = false
  problem.scrollIntoView({ block: "nearest" })
})

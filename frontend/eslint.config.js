import vue from "eslint-plugin-vue"
import accessibility from "eslint-plugin-vuejs-accessibility"
import typescript from "typescript-eslint"

export default typescript.config(
  { ignores: ["node_modules/", "src/api/schema.d.ts"] },
  ...typescript.configs.strict,
  ...vue.configs["flat/recommended"],
  ...accessibility.configs["flat/recommended"],
  {
    files: ["**/*.vue"],
    languageOptions: { parserOptions: { parser: typescript.parser } },
  },
  {
    rules: {
      // Layout is the formatter's business, not the linter's.
      "vue/max-attributes-per-line": "off",
      "vue/singleline-html-element-content-newline": "off",
      "vue/multiline-html-element-content-newline": "off",
      "vue/html-self-closing": "off",
      "vue/html-indent": "off",
      "vue/html-closing-bracket-newline": "off",
      "vue/first-attribute-linebreak": "off",
      "vue/multi-word-component-names": "off",
      "vue/attributes-order": "off",
      "vue/require-default-prop": "off",
      // A label may name its control by `for` alone.
      "vuejs-accessibility/label-has-for": ["error", { required: { some: ["nesting", "id"] } }],
      // Our own label: it ties itself to the control in its slot.
      "vuejs-accessibility/form-control-has-label": ["error", { labelComponents: ["Field"] }],
      "max-lines": ["error", { max: 400 }],
      "no-console": "error",
    },
  },
)

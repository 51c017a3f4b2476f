// VitePress's own look, and the plots of the benchmark.
import DefaultTheme from "vitepress/theme";
import BenchmarkPlots from "./BenchmarkPlots.vue";
import "./style.css";

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => app.component("BenchmarkPlots", BenchmarkPlots),
};

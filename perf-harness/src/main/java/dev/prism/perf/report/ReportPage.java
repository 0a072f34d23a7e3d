package dev.prism.perf.report;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import org.jspecify.annotations.Nullable;

/**
 * A report as one page of HTML for people. It needs nothing beside itself: styles, charts and the
 * script are in it, and without the script it is complete. It is XML as well.
 */
public final class ReportPage {
  private static final TemplateEngine TEMPLATES =
      TemplateEngine.createPrecompiled(
          null,
          ContentType.Html,
          ReportPage.class.getClassLoader(),
          ReportPage.class.getPackageName());

  private ReportPage() {}

  /**
   * The page.
   *
   * @param previous what the figures are compared with
   */
  public static String html(Report report, @Nullable Report previous) {
    StringOutput page = new StringOutput(1 << 18);
    TEMPLATES.render("page.jte", Page.of(report, previous), page);
    return page.toString();
  }
}

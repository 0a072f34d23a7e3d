package dev.prism.perf.gate;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What has to hold of one value. Of several bounds in a list one is enough: on a small machine a
 * ratio to another server decides, on a large one the figure itself.
 *
 * @param rfc what the specification asks; a change that breaks it does not ship
 * @param own Prism's own bar
 * @param required whether the own bar must hold as well
 */
record Gate(
    String name,
    String title,
    String value,
    String unit,
    List<Bound> rfc,
    List<Bound> own,
    boolean required,
    String remark) {

  Verdict judge(Map<String, Double> values) {
    double measured = values.getOrDefault(value, Double.NaN);
    return new Verdict(
        name,
        title,
        measured,
        unit,
        words(rfc, values),
        holds(rfc, measured, values),
        words(own, values),
        holds(own, measured, values),
        required,
        remark);
  }

  private static boolean holds(List<Bound> bounds, double measured, Map<String, Double> values) {
    return bounds.isEmpty() || bounds.stream().anyMatch(each -> each.holds(measured, values));
  }

  private static String words(List<Bound> bounds, Map<String, Double> values) {
    return bounds.stream().map(each -> each.words(values)).collect(Collectors.joining(" or "));
  }
}

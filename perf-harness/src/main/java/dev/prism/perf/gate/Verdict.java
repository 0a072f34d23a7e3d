package dev.prism.perf.gate;

/**
 * What became of one gate.
 *
 * @param gate its name
 * @param title for people
 * @param value measured; NaN where it was not
 * @param unit of the value
 * @param rfc the bound that the specification sets, in words; empty where it sets none
 * @param rfcHolds whether the value keeps to it, or there is none
 * @param own Prism's own bar, in words; empty where there is none
 * @param ownHolds whether the value keeps to that, or there is none
 * @param required whether the own bar must hold for the whole to pass
 * @param remark what else to know: what was left out and why, what was tried
 */
public record Verdict(
    String gate,
    String title,
    double value,
    String unit,
    String rfc,
    boolean rfcHolds,
    String own,
    boolean ownHolds,
    boolean required,
    String remark) {
  /** Whether this row lets a change pass. */
  public boolean passes() {
    return rfcHolds && (ownHolds || !required);
  }
}

package dev.prism.proxy.gate;

/**
 * What every data call passes before it is routed, step by step. Immutable, and safe for any
 * thread. The steps are fields of their classes and not a list of an interface's, so that the
 * compiler can make one piece of them.
 */
public final class Gate {
  private final Admission admission;
  private final Authenticate authenticate;
  private final SelectConfig selectConfig;
  private final RateLimits rateLimits;
  private final Resources resources;

  public Gate(
      Admission admission,
      Authenticate authenticate,
      SelectConfig selectConfig,
      RateLimits rateLimits,
      Resources resources) {
    this.admission = admission;
    this.authenticate = authenticate;
    this.selectConfig = selectConfig;
    this.rateLimits = rateLimits;
    this.resources = resources;
  }

  /**
   * Lets a call pass every step.
   *
   * @throws dev.prism.status.PrismException where a step refuses: no later step sees the call, and
   *     {@link #leave} is still to be called
   */
  public void enter(Passage call) {
    Identify.enter(call);
    admission.enter(call);
    authenticate.enter(call);
    selectConfig.enter(call);
    rateLimits.enter(call);
    resources.enter(call);
    SessionSlots.enter(call);
  }

  /** The call is over: what it holds is given back. Does nothing the second time. */
  public void leave(Passage call) {
    SessionSlots.leave(call);
    admission.leave(call);
  }
}

/**
 * What every data call passes before it is routed: steps in a row, that later ones (policies,
 * audit) join without the services knowing. Each is called on the call's own virtual thread, for
 * many calls at once: it has no state but what is safe for that, takes no lock, refuses a call with
 * a {@link dev.prism.status.PrismException}, and notes on it what later steps need.
 */
@NullMarked
package dev.prism.proxy.gate;

import org.jspecify.annotations.NullMarked;

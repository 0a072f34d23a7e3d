/**
 * What every data call passes before it is routed: a chain of steps built once, that later steps
 * (policies, audit) join without the services knowing. It takes no lock.
 */
@NullMarked
package dev.prism.proxy.gate;

import org.jspecify.annotations.NullMarked;

/**
 * How every part of Prism says that something went wrong: one reason, one google.rpc.Status
 * (contract 13).
 */
@NullMarked
package dev.prism.status;

import org.jspecify.annotations.NullMarked;

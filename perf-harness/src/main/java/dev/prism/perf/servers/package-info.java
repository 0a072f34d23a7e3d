/** The processes under load: the proxy as it ships, and the servers it is compared with. */
@NullMarked
package dev.prism.perf.servers;

import org.jspecify.annotations.NullMarked;

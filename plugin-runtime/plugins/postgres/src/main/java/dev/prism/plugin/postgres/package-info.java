/** The PostgreSQL backend: queues in tables, events by LISTEN and NOTIFY. */
@NullMarked
package dev.prism.plugin.postgres;

import org.jspecify.annotations.NullMarked;

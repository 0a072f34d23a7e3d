/** The real servers behind tests and measurements: started on loopback, ended by process id. */
@NullMarked
package dev.prism.testservers;

import org.jspecify.annotations.NullMarked;

/** What backends that speak SQL over JDBC share: statements made of tables that were read. */
@NullMarked
package dev.prism.sdk.sql;

import org.jspecify.annotations.NullMarked;

/** Values in a DynamoDB table. */
@NullMarked
package dev.prism.plugin.dynamodb;

import org.jspecify.annotations.NullMarked;

/** The text of the exposition, and the meters of the process itself. */
@NullMarked
package dev.coracle.metrics.internal;

import org.jspecify.annotations.NullMarked;

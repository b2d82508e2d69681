/**
 * What a scheduler plugin sees and says: the extension points ({@link
 * dev.coracle.scheduler.spi.Plugin}), pods and nodes as the scheduler counts them, verdicts and
 * cluster events.
 */
@NullMarked
package dev.coracle.scheduler.spi;

import org.jspecify.annotations.NullMarked;

/**
 * Chooses a node for every Pod: {@link dev.coracle.scheduler.Scheduler} is the component, {@link
 * dev.coracle.scheduler.DefaultPlugins} the ordered list of what decides.
 */
@NullMarked
package dev.coracle.scheduler;

import org.jspecify.annotations.NullMarked;

/** DaemonSets: one pod on every node that fits. */
@NullMarked
package dev.coracle.controllers.internal.daemonset;

import org.jspecify.annotations.NullMarked;

/**
 * What a service manager is told about this process (sd_notify(3)): that it is ready, that it ends,
 * and, for its watchdog, that the node still works.
 */
@NullMarked
package dev.coracle.launcher.systemd;

import org.jspecify.annotations.NullMarked;

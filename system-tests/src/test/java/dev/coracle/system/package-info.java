/**
 * What a user does, done with the user's own tools: the {@code coracle} command as a process,
 * kubectl, other clients, dig, Prometheus, a browser.
 */
@NullMarked
package dev.coracle.system;

import org.jspecify.annotations.NullMarked;

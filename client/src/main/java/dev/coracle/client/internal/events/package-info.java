/** What the event recorder remembers, so that many equal events become one with a count. */
@NullMarked
package dev.coracle.client.internal.events;

import org.jspecify.annotations.NullMarked;

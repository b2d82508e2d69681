/** Services published in Vert.x Service Discovery. */
@NullMarked
package dev.coracle.proxy.internal.discovery;

import org.jspecify.annotations.NullMarked;

/** Tests of the hub's own data structures. */
@NullMarked
package dev.coracle.watchhub.internal.hub;

import org.jspecify.annotations.NullMarked;

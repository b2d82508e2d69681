/** The strategies of the kinds that need one. */
@NullMarked
package dev.coracle.apiserver.internal.registry.kinds;

import org.jspecify.annotations.NullMarked;

/** Choosing who leads, for components that leave it to the cluster. */
@NullMarked
package dev.coracle.controllers.internal.leaderelection;

import org.jspecify.annotations.NullMarked;

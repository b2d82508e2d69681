/** Writing stored objects anew. */
@NullMarked
package dev.coracle.controllers.internal.storagemigration;

import org.jspecify.annotations.NullMarked;

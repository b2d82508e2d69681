/** An address range for the pods of every node. */
@NullMarked
package dev.coracle.controllers.internal.nodeipam;

import org.jspecify.annotations.NullMarked;

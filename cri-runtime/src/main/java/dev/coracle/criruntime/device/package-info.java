/** Devices that containers name (Container Device Interface). */
@NullMarked
package dev.coracle.criruntime.device;

import org.jspecify.annotations.NullMarked;

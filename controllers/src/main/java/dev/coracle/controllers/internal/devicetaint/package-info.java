/** Eviction of pods whose devices are tainted (KEP-5055). */
@NullMarked
package dev.coracle.controllers.internal.devicetaint;

import org.jspecify.annotations.NullMarked;

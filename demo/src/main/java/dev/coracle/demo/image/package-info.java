/** Makes the demo's image out of what this machine has: no registry, no download. */
@NullMarked
package dev.coracle.demo.image;

import org.jspecify.annotations.NullMarked;

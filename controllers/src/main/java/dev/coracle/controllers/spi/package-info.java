/** What controllers need from outside the API. */
@NullMarked
package dev.coracle.controllers.spi;

import org.jspecify.annotations.NullMarked;

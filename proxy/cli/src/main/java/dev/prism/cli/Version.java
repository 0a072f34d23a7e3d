package dev.prism.cli;

/** What build this is. */
final class Version {
  /** The product's version, from the jar's manifest; {@code development} where run from classes. */
  static final String OF_PRODUCT = ofProduct();

  private Version() {}

  private static String ofProduct() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}

/// A list of the core business vocabulary (CBV 2.0 §7), with its two URI forms.
///
/// | list | Web URI | URN |
/// |---|---|---|
/// | business steps | `https://ref.gs1.org/cbv/BizStep-` | `urn:epcglobal:cbv:bizstep:` |
/// | dispositions | `https://ref.gs1.org/cbv/Disp-` | `urn:epcglobal:cbv:disp:` |
/// | business transaction types | `https://ref.gs1.org/cbv/BTT-` | `urn:epcglobal:cbv:btt:` |
/// | source and destination types | `https://ref.gs1.org/cbv/SDT-` | `urn:epcglobal:cbv:sdt:` |
/// | error reasons | `https://ref.gs1.org/cbv/ER-` | `urn:epcglobal:cbv:er:` |
/// | components | `https://ref.gs1.org/cbv/Comp-` | |
/// | measurement types, alerts | `https://gs1.org/voc/` | |
package enum Vocabulary: Int, CaseIterable, Sendable {
    case bizStep, disposition, bizTransactionType, sourceDestinationType, errorReason
    case measurementType, sensorAlert, component

    /// What a Web URI of this list begins with.
    var webPrefix: StaticString {
        switch self {
        case .bizStep: "https://ref.gs1.org/cbv/BizStep-"
        case .disposition: "https://ref.gs1.org/cbv/Disp-"
        case .bizTransactionType: "https://ref.gs1.org/cbv/BTT-"
        case .sourceDestinationType: "https://ref.gs1.org/cbv/SDT-"
        case .errorReason: "https://ref.gs1.org/cbv/ER-"
        case .component: "https://ref.gs1.org/cbv/Comp-"
        case .measurementType, .sensorAlert: "https://gs1.org/voc/"
        }
    }

    /// What a URN of this list begins with; lists of EPCIS 2.0 have none.
    var urnPrefix: StaticString? {
        switch self {
        case .bizStep: "urn:epcglobal:cbv:bizstep:"
        case .disposition: "urn:epcglobal:cbv:disp:"
        case .bizTransactionType: "urn:epcglobal:cbv:btt:"
        case .sourceDestinationType: "urn:epcglobal:cbv:sdt:"
        case .errorReason: "urn:epcglobal:cbv:er:"
        case .component, .measurementType, .sensorAlert: nil
        }
    }

    /// The bare words that JSON uses, as in the GS1 context.
    var words: String {
        switch self {
        case .bizStep:
            """
            accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting \
            decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting \
            installing killing loading other packing picking receiving removing repackaging repairing replacing \
            reserving retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing \
            transporting unloading unpacking void_shipping
            """
        case .disposition:
            """
            active available completeness_verified completeness_inferred conformant container_closed container_open \
            damaged destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_instance \
            mismatch_class mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other \
            partially_dispensed recalled reserved retail_sold returned sellable_accessible sellable_not_accessible \
            stolen unavailable unknown
            """
        case .bizTransactionType:
            """
            bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt
            """
        case .sourceDestinationType:
            """
            owning_party possessing_party location
            """
        case .errorReason:
            """
            did_not_occur incorrect_data
            """
        case .measurementType:
            """
            AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Radioactivity Altitude AmountOfSubstance \
            AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance \
            Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity \
            ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency \
            Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux \
            LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration \
            MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power \
            Pressure RadiantFlux RadiantIntensity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume \
            Speed SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction \
            VolumetricFlux Wavenumber
            """
        case .sensorAlert:
            """
            ALARM_CONDITION ERROR_CONDITION
            """
        case .component:
            """
            x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude \
            longitude altitude
            """
        }
    }
}

"""What two or more services need today and no business noun but events and areas."""
